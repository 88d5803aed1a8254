-- DHCPv6 of the same access network: an address for each customer's router, and a /56 for what is behind it.

INSERT INTO dhcp6_server (tag, description) VALUES
  ('north', 'edge in the north building'),
  ('south', 'edge in the south building');

-- For every edge (server 1 is the tag `all`): lease times, and name servers for everyone.
INSERT INTO dhcp6_global_parameter (name, value, parameter_type) VALUES
  ('preferred-lifetime', '1800', 0),
  ('valid-lifetime', '3600', 0);
INSERT INTO dhcp6_global_parameter_server (parameter_id, server_id) SELECT id, 1 FROM dhcp6_global_parameter;
INSERT INTO dhcp6_options (code, space, formatted_value, scope_id) VALUES (23, 'dhcp6', '2001:db8::53, 2001:db8::54', 0);
INSERT INTO dhcp6_options_server (option_id, server_id)
  SELECT option_id, 1 FROM dhcp6_options WHERE scope_id = 0 AND code = 23;

-- The link behind the relay: addresses of the link itself, ...
INSERT INTO dhcp6_subnet (subnet_id, subnet_prefix, relay, rapid_commit)
  VALUES (20, '2001:db8:20::/64', '["2001:db8:20::1"]', 1);
INSERT INTO dhcp6_pool (subnet_id, start_address, end_address)
  VALUES (20, '2001:db8:20::1:0', '2001:db8:20::1:ffff');
INSERT INTO dhcp6_options (code, space, formatted_value, scope_id, dhcp6_subnet_id)
  VALUES (24, 'dhcp6', 'access.example.net', 1, 20);

-- ... and prefixes that are routed to it, 65,536 of a /40. Who has one is also told the time servers.
INSERT INTO dhcp6_pd_pool (subnet_id, prefix, prefix_length, delegated_prefix_length, excluded_prefix_length)
  VALUES (20, '2001:db8:2000::', 40, 56, 0);
INSERT INTO dhcp6_options (code, space, formatted_value, scope_id, pd_pool_id)
  SELECT 31, 'dhcp6', '2001:db8::123', 6, id FROM dhcp6_pd_pool WHERE subnet_id = 20;
INSERT INTO dhcp6_subnet_server (subnet_id, server_id)
  SELECT 20, id FROM dhcp6_server WHERE tag IN ('north', 'south');

-- One customer, one row for both families, found by DUID (RFC 4361 brings it to DHCPv4): always the same three.
INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id, ipv4_address, dhcp6_subnet_id, hostname)
  VALUES (UNHEX('00030001020000000020'), 1, 20, INET_ATON('10.20.0.20'), 20, 'customer-20.access.example.net');
INSERT INTO ipv6_reservations (host_id, address, prefix_len, type) VALUES
  (LAST_INSERT_ID(), INET6_ATON('2001:db8:20::20'), 128, 0),
  (LAST_INSERT_ID(), INET6_ATON('2001:db8:20ff:2000::'), 56, 2);
