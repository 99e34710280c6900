"""Style of the compliance report, on screen and on A4."""

STYLE = """
:root{color-scheme:light}
body{font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;
color:#1b1f24;background:#fff;max-width:1080px;margin:40px auto;padding:0 28px;
font-variant-numeric:tabular-nums}
h1{font-size:28px;line-height:1.2;margin:0 0 14px;letter-spacing:-.015em;
overflow-wrap:anywhere}
h2{font-size:17px;margin:40px 0 10px;padding-top:12px;border-top:1px solid #c9ced4}
h2 .count{color:#57606a;font-weight:400;display:inline-block;min-width:26px}
h3{font-size:14px;margin:20px 0 6px}
p{margin:6px 0}.quiet,caption,figcaption,tr.about{color:#57606a;font-size:12px}
.eyebrow{color:#57606a;font-size:12px;letter-spacing:.04em;text-transform:uppercase;
margin:0 0 4px}
.verdict{border-left:4px solid;padding:10px 14px;margin:0 0 16px;font-size:16px;
background:#f6f7f8}
.verdict.good{border-color:#00704f}.verdict.bad{border-color:#b3261e}
.verdict.good b,.good{color:#00704f}.verdict.bad b,.bad{color:#b3261e}
.verdict.good,.verdict.bad{color:#1b1f24;white-space:normal}
.good,.bad,.unknown{white-space:nowrap}.unknown{color:#57606a}
table{border-collapse:collapse;width:100%;font-size:13px;margin:8px 0 12px}
caption{text-align:left;padding:4px 0}
th,td{text-align:right;padding:5px 0 5px 14px;border-bottom:1px solid #e2e5e9;
font-weight:400;vertical-align:top}
th[scope=row],th:first-child{text-align:left;padding-left:0}
thead th{color:#57606a;font-size:12px;vertical-align:bottom;
border-bottom-color:#9aa1a9}
td{white-space:nowrap}
tr.about td,table.ride td:last-child,table.inputs td:last-child,table.pairs td,
table.rules th{white-space:normal}
table.ride th[scope=row]{min-width:200px}
table.pairs{width:auto;justify-self:start}
table.pairs th{color:#57606a;padding-right:10px;white-space:nowrap}
table.pairs td{text-align:left;overflow-wrap:anywhere}
table.rules tbody tr:first-child>*{border-bottom:0;padding-bottom:0}
tr.about td{text-align:left;padding:2px 0 8px}
.key{color:#57606a;font-size:12px;white-space:nowrap}
table.ride td:nth-child(n+4),table.ride th:nth-child(n+4){text-align:left}
table.inputs{table-layout:fixed;margin:14px 0 20px}
table.inputs caption b{color:#1b1f24;font-size:13px;margin-right:6px}
table.inputs td,table.inputs th{white-space:normal;text-align:left;
overflow-wrap:anywhere}
table.inputs th:nth-child(1){width:32%}table.inputs th:nth-child(2){width:17%}
table.inputs th:nth-child(3){width:15%}table.inputs th:nth-child(4){width:9%}
table.inputs tr>:nth-child(3){text-align:right}
table.inputs code{color:#57606a;font-size:11px}
table.sums tr:nth-last-child(2)>*{border-top:1px solid #1b1f24;font-weight:600}
.given{font-weight:600}
.two{display:grid;grid-template-columns:3fr 2fr;gap:0 44px;align-items:start}
figure{margin:10px 0 18px;break-inside:avoid}
figure svg[role]{width:100%;height:auto;display:block;
font-family:system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
figcaption{margin-top:4px}
.halo{paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round}
.legend{margin:0 0 4px 62px}.legend .key{margin-right:22px}
.legend svg{margin-right:7px;vertical-align:-1px}
ul{margin:6px 0;padding-left:20px}li{margin:3px 0}
pre{font:12px/1.45 ui-monospace,"DejaVu Sans Mono",monospace;background:#f6f7f8;
padding:10px 12px;margin:6px 0 12px;white-space:pre-wrap;overflow-wrap:anywhere}
code{font:12px ui-monospace,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
@page{size:A4;margin:16mm 15mm 18mm}
@media print{
body{margin:0;padding:0;max-width:none;font-size:9.5pt;print-color-adjust:exact}
h1{font-size:19pt}h2{font-size:12pt;margin:20pt 0 6pt;break-after:avoid}
h3{break-after:avoid}table{font-size:8.5pt}thead th,.quiet,caption,figcaption,
tr.about,.key{font-size:7.5pt}
th,td{padding-left:9px}
table.inputs code{font-size:7pt}
tr,li,table.rules tbody,table.whole,header,.two{break-inside:avoid}
p.event{break-after:avoid;break-inside:avoid}
.legend .key{font-size:8pt}
p,li{orphans:3;widows:3}caption{break-after:avoid}thead{display:table-header-group}}
@media (max-width:760px){.two{grid-template-columns:1fr}
table{display:block;overflow-x:auto}}
"""
