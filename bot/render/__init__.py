"""What people see: nouns in, messages and keyboards out. Pure; every text goes through Words."""
