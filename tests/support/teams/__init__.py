"""Teams of an organization, and what they own."""
