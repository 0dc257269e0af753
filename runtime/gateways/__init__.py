"""The ways out: each a small class with one public method, which raises GatewayUnavailable or GatewayRejected."""
