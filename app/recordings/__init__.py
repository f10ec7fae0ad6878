"""Pure: recorded hops with their answers, and the index by which a hop finds those it agrees with."""
