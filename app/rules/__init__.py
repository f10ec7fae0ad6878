"""Pure: rules and policy, compiled into a rule set that decides about a hop."""
