"""Pure: what a rule names is taken out of a span, in whatever form it stands there."""
