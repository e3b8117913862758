"""Phase 2: images for every platform of the fleet, and the gate that reads the registry."""
