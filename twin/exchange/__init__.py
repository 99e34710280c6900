"""
What other tools know of a site: read, mapped to ours, compared, and written back.

Every reader yields the same neutral `Topology`; `facility` maps it to power nodes and
racks, `diff` compares them with a scenario and applies what changed. Nothing here
opens a file or a socket.
"""
