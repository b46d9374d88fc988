"""Where mail goes next: MX, smart hosts, mail flow rules, centralized transport, loops."""
