"""What makes a repository ready for a fleet of nodes: units, and the phases 2 to 5."""
