"""Pure: recorded hops with their answers, and the index by which a hop finds its own."""
