"""
Style of every report: on screen light or dark, on paper always light.

Figures are drawn in the colours of the light ground; on a dark screen a rule per colour
puts its dark sister in place, so that one drawing serves screen, paper and PDF. No page
size is set: the printer's own, A4 or Letter, holds.
"""

from __future__ import annotations

from app.figures.template import sisters

_BESIDE = {
    "#9aa1a9": "#7d8790", "#e3d3e0": "#4a3646", "#f6f7f8": "#1d2227",
    "#ffffff": "#14181c", "#b4d2e6": "#1f4f70",
}  # fmt: skip
"""Colours of reports alone: without measures, critical frequencies, grounds, pale."""


_DARK_FIGURES = "".join(
    f'figure [{what}="{light}"]{{{what}:{dark}}}'
    for light, dark in (_BESIDE | sisters()).items() for what in ("fill", "stroke")
)  # fmt: skip

STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--muted:#57606a;--ground:#fff;
--panel:#f6f7f8;--line:#e2e5e9;--rule:#c9ced4;--head:#9aa1a9;--good:#00704f;
--bad:#b3261e;--link:#0067a5}
body{font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",Arial,
sans-serif;color:var(--ink);background:var(--ground);max-width:1080px;
margin:40px auto;padding:0 28px;font-variant-numeric:tabular-nums}
h1{font-size:28px;line-height:1.2;margin:0 0 14px;letter-spacing:-.015em;
overflow-wrap:anywhere;string-set:title content()}
h2{font-size:17px;margin:40px 0 10px;padding-top:12px;border-top:1px solid var(--rule)}
h2 .count{color:var(--muted);font-weight:400;display:inline-block;min-width:26px}
h3{font-size:14px;margin:20px 0 6px}
a{color:var(--link)}
p{margin:6px 0}.quiet,caption,figcaption,tr.about{color:var(--muted);font-size:12px}
.eyebrow{color:var(--muted);font-size:12px;letter-spacing:.04em;
text-transform:uppercase;margin:0 0 4px}
.verdict{border-left:4px solid var(--muted);padding:10px 14px;margin:0 0 16px;
font-size:16px;background:var(--panel);overflow-wrap:anywhere}
.verdict b:first-child{font-size:20px;letter-spacing:-.01em}
.verdict.good{border-color:var(--good)}.verdict.bad{border-color:var(--bad)}
.verdict.good b,.good{color:var(--good)}.verdict.bad b,.bad{color:var(--bad)}
.verdict.good,.verdict.bad{color:var(--ink);white-space:normal}
.good,.bad,.unknown{white-space:nowrap}.unknown{color:var(--muted)}
nav{font-size:13px;margin:14px 0 0;color:var(--muted)}
nav a{margin-right:16px;text-decoration:none;display:inline-block}
nav a:hover{text-decoration:underline}
.tiles{display:grid;grid-template-columns:repeat(4,1fr);margin:8px 1px 16px 0}
.tile{border:1px solid var(--line);margin:0 -1px -1px 0;padding:10px 14px;min-width:0}
.tile>*{display:block;overflow-wrap:anywhere}.tile .name{color:var(--muted);
font-size:12px}.tile .value{font-size:20px;letter-spacing:-.01em;line-height:1.35}
.tile .part{color:var(--muted);font-size:12px}.tile.alarm .value{color:var(--bad)}
table{border-collapse:collapse;width:100%;font-size:13px;margin:8px 0 12px}
caption{text-align:left;padding:4px 0}
th,td{text-align:right;padding:5px 0 5px 14px;border-bottom:1px solid var(--line);
font-weight:400;vertical-align:top}
th[scope=row],th:first-child{text-align:left;padding-left:0}
thead th{color:var(--muted);font-size:12px;vertical-align:bottom;
border-bottom-color:var(--head)}
td{white-space:nowrap}
tr.about td,table.ride td:last-child,table.inputs td:last-child,table.pairs td,
table.rules th{white-space:normal}
table.ride th[scope=row]{min-width:200px}
table.pairs{width:auto;justify-self:start}
table.pairs th{color:var(--muted);padding-right:10px;white-space:nowrap}
table.pairs td{text-align:left;overflow-wrap:anywhere}
table.rules tbody tr:first-child>*{border-bottom:0;padding-bottom:0}
table.text td,table.text th{text-align:left;white-space:normal;overflow-wrap:anywhere}
table.text thead th,table.text th[scope=row]{overflow-wrap:break-word}
table.words td:last-child,table.words th:last-child{text-align:left;white-space:normal}
table .mark{white-space:nowrap}
tr.about td{text-align:left;padding:2px 0 8px}
.key{color:var(--muted);font-size:12px;white-space:nowrap}
table.ride td:nth-child(n+4),table.ride th:nth-child(n+4){text-align:left}
table.inputs{table-layout:fixed;margin:14px 0 20px}
table.inputs caption b{color:var(--ink);font-size:13px;margin-right:6px}
table.inputs td,table.inputs th{white-space:normal;text-align:left;
overflow-wrap:anywhere}
table.inputs th:nth-child(1){width:32%}table.inputs th:nth-child(2){width:17%}
table.inputs th:nth-child(3){width:15%}table.inputs th:nth-child(4){width:9%}
table.inputs tr>:nth-child(3){text-align:right}
table.assumed{table-layout:fixed}
table.assumed td{white-space:normal;overflow-wrap:anywhere}
table.misses td:nth-child(2),table.misses td:nth-child(3),table.misses td:nth-child(4){
white-space:nowrap}
table.assumed th:nth-child(1){width:38%}table.assumed th:nth-child(2){width:20%}
table.assumed th:nth-child(3){width:13%}
table.assumed tr>:nth-child(n){text-align:left}
table.inputs code,table.assumed code{color:var(--muted);font-size:11px}
table.assumed code{display:block}
table.sums tr:nth-last-child(2)>*{border-top:1px solid var(--ink);font-weight:600}
.given{font-weight:600}
.two{display:grid;grid-template-columns:3fr 2fr;gap:0 44px;align-items:start}
figure{margin:10px 0 18px;break-inside:avoid}
figure svg[role]{width:100%;height:auto;display:block;
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",Arial,
sans-serif}
figcaption{margin-top:4px}
.halo{paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}
.legend{margin:0 0 4px 62px}.legend .key{margin-right:22px}
.legend svg{margin-right:7px;vertical-align:-1px}
ul{margin:6px 0;padding-left:20px}li{margin:3px 0}
p:has(+pre){break-after:avoid}
pre{font:12px/1.45 ui-monospace,"DejaVu Sans Mono",monospace;background:var(--panel);
padding:10px 12px;margin:6px 0 12px;white-space:pre-wrap;overflow-wrap:anywhere}
code{font:12px ui-monospace,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
details{margin:8px 0 12px}summary{cursor:pointer;color:var(--link)}
@page{margin:16mm 15mm 18mm;@bottom-right{content:counter(page) " of " counter(pages);
font:8pt "Liberation Sans",Arial,sans-serif;color:#57606a}
@bottom-left{content:string(title,first);
font:8pt "Liberation Sans",Arial,sans-serif;color:#57606a}}
@media print{
:root{color-scheme:light}
body{margin:0;padding:0;max-width:none;font-size:9.5pt;print-color-adjust:exact;
-webkit-print-color-adjust:exact}
h1{font-size:19pt}h2{font-size:12pt;margin:20pt 0 6pt;break-after:avoid}
h3{break-after:avoid}table{font-size:8.5pt}thead th,.quiet,caption,figcaption,
tr.about,.key{font-size:7.5pt}
.verdict{font-size:11pt}.verdict b:first-child{font-size:13pt}
.tile .value{font-size:12pt}.tile .name,.tile .part{font-size:7.5pt}
.tiles{grid-template-columns:repeat(4,1fr)}.tile{padding:6px 9px}
th,td{padding-left:9px}
table.inputs code,table.assumed code{font-size:7pt}
tr,li,table.rules tbody,table.whole,header,.two,.tile,.tiles,.verdict{
break-inside:avoid}
p.event{break-after:avoid;break-inside:avoid}
.legend .key{font-size:8pt}nav,a.save{display:none}
summary{color:var(--ink);font-weight:600;list-style:none;break-after:avoid}
details>summary::marker{content:""}
details::details-content{content-visibility:visible;height:auto}
p,li{orphans:3;widows:3}caption{break-after:avoid}thead{display:table-header-group}}
@media screen and (max-width:760px){body{margin:20px auto;padding:0 16px}
h1{font-size:23px}.two{grid-template-columns:1fr}.tiles{grid-template-columns:1fr 1fr}
table{display:block;overflow-x:auto}table.pairs th{white-space:normal}
table.inputs,table.assumed,table.text{table-layout:auto}
table.inputs td,table.assumed td,table.text td{min-width:110px}
table.inputs th[scope=row],table.assumed th[scope=row],table.text th[scope=row]{
min-width:170px}
figure .plot{overflow-x:auto}figure svg[role]{min-width:640px}
.legend{margin-left:0}.legend .key{white-space:normal}}
@media screen and (prefers-color-scheme:dark){
:root{--ink:#e6e9ec;--muted:#9aa4ae;--ground:#14181c;--panel:#1d2227;--line:#2a3037;
--rule:#3a424a;--head:#57606a;--good:#4cc3a0;--bad:#ff8078;--link:#5cb8f0}
.halo{stroke:#14181c}
DARK_FIGURES}
""".replace("DARK_FIGURES", _DARK_FIGURES)
