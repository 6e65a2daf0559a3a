"""The ledger of evidence: who completed which course on which date, and how we know."""
