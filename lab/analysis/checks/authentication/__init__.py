"""SPF, DKIM and DMARC: whether the company's mail is believed."""
