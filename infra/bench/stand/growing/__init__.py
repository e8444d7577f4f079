"""An app whose table is in each tenant: its second migration adds a column, and is the one the bench has pending."""
