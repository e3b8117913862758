"""What makes a repository ready for a fleet of nodes: the phases 2 to 5."""
