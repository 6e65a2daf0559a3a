"""The training products that can be delivered, and what each needs and grants."""
