"""What every resource shares. Imports nothing of the domain apps."""
