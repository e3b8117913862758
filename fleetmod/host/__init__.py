"""Tools that exist on one platform only, where TypeScript, shell or Python runs them unguarded."""
