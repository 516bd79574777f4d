"""Control over HTTP: pages, /api/v1, metrics, health."""
