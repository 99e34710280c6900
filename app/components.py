"""
The component libraries, as untyped modules.

Their stubs refuse `aria-` and `data-` attributes and plain dictionaries that the
libraries take, so they are seen as `Any` here and nowhere else.
"""

from __future__ import annotations

from typing import Any

import dash
import dash_ag_grid
import dash_mantine_components

ALL: Any = dash.ALL
ClientsideFunction: Any = dash.ClientsideFunction
Dash: Any = dash.Dash
Input: Any = dash.Input
Output: Any = dash.Output
State: Any = dash.State
ctx: Any = dash.ctx
dag: Any = dash_ag_grid
dcc: Any = dash.dcc
dmc: Any = dash_mantine_components
html: Any = dash.html
no_update: Any = dash.no_update
