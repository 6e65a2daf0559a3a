"""What truly happened at a session or in an organisation's own training; writes the ledger."""
