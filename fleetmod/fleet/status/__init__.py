"""How a fleet does, from the probe events that its nodes wrote."""
