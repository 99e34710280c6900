"""Tables of live telemetry, one module per subject; revision 0002 runs them all."""
