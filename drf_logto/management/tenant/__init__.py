"""What the code needs of a tenant of Logto, what the tenant has, and the plan between them."""
