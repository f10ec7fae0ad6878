"""Pure: a hop of traffic and the normal forms in which its parts are compared."""
