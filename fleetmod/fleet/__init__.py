"""Beyond the code: what a second node needs to run the repository's services."""
