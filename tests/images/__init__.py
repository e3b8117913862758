"""Phase 2: publish scripts, Dockerfiles, and a real registry."""
