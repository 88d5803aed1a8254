-- DHCPv4 of an access network: its customers come through one relay, both edges lease from one pool.

INSERT INTO dhcp4_server (tag, description) VALUES
  ('north', 'edge in the north building'),
  ('south', 'edge in the south building');

-- For every edge (server 1 is the tag `all`): lease times, and a name server for everyone.
INSERT INTO dhcp4_global_parameter (name, value, parameter_type) VALUES ('valid-lifetime', '3600', 0);
INSERT INTO dhcp4_global_parameter_server (parameter_id, server_id)
  SELECT id, 1 FROM dhcp4_global_parameter WHERE name = 'valid-lifetime';
INSERT INTO dhcp4_options (code, space, formatted_value, scope_id) VALUES (6, 'dhcp4', '10.20.0.53', 0);
INSERT INTO dhcp4_options_server (option_id, server_id)
  SELECT option_id, 1 FROM dhcp4_options WHERE scope_id = 0 AND code = 6;

-- The link behind the relay, and its pool.
INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix, relay) VALUES (20, '10.20.0.0/16', '["10.20.0.1"]');
INSERT INTO dhcp4_pool (subnet_id, start_address, end_address)
  VALUES (20, INET_ATON('10.20.1.0'), INET_ATON('10.20.16.255'));
INSERT INTO dhcp4_options (code, space, formatted_value, scope_id, dhcp4_subnet_id) VALUES (3, 'dhcp4', '10.20.0.1', 1, 20);
INSERT INTO dhcp4_subnet_server (subnet_id, server_id)
  SELECT 20, id FROM dhcp4_server WHERE tag IN ('north', 'south');
