"""Tools that exist on one platform only, where TypeScript runs them unguarded."""
