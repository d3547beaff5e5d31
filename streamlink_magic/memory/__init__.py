"""What users confirmed: kept answers, glossary terms, and which question follows on which."""
