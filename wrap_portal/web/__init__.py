"""What every page stands on: access rules, forms, headers, templates. Knows no room."""
