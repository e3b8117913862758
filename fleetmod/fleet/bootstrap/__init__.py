"""From a clone to a node of the fleet: steps as data, and what runs them."""
