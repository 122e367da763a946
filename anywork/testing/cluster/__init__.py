"""The trial of a cluster: all nodes on this machine, one dies after the other under load. `make cluster` runs it."""
