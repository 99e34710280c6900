"""
A planner's notebook, cell by cell, over the Python client.

    nameplate serve
    pip install ./clients/python[frame]
    python examples/client.py
"""

# %% A server: its address, and a token where it wants one
import os

from nameplate_client import Client, InvalidInput

client = Client(
    os.environ.get("NAMEPLATE_SERVER", "http://127.0.0.1:8050"),
    token=os.environ.get("NAMEPLATE_TOKEN"),
)
print(f"product {client.version().product}")

# %% One question: what does a row of 40 do with 52 servers, for three hours?
changes = {
    "fleet.server_count": 52,
    "horizon.days": 0.125,
    "workload.load.requests_per_server_s": 0.05,
}
answer = client.what_if(scenario_id="sample-row", changes=changes)
run = answer.run  # in a notebook, `run` alone shows its figures with their units
peak_frac = run.peak_frac or 0.0
print(f"{run.server_count} servers peak at {peak_frac:.1%} of {run.provisioned_w} W")

# %% Curves as a pandas frame; the units are in its attrs
if run.series is not None:
    curves = run.series.frame()
    print(curves[["t_s", "row_mean_w"]].head(3), curves.attrs["units"]["row_mean_w"])

# %% A wrong field says which, why and what to write instead
try:
    client.what_if(scenario_id="sample-row", changes={"fleet.server_cuont": 52})
except InvalidInput as refusal:
    for wrong in refusal.errors:
        print(f"{wrong.field}: {wrong.rule}; {wrong.repair}")

# %% A stored run: started, waited for, read again as a file
job = client.wait(client.runs.create(scenario_id="sample-row", changes=changes))
if job.result is not None:
    table = client.runs.result_parquet(job.result.id).frame()
    print(f"{job.result.id}: {len(table)} records")

# %% Everything that is stored, page by page
print(client.runs.list().frame()[["id", "status", "seed"]].head())
client.close()
