"""Pages and completion scripts that are made from the declarations of verbs, rules, faults and checks."""
