"""The power network: nodes, flows, protection and stores."""
