-- One site behind relays: two subnets on one wire, phones kept apart by class, reservations by every kind of identifier.

INSERT INTO dhcp4_server (tag, description) VALUES ('branch', 'branch office');

-- Phones say so in option 60; they get their own pool, a TFTP server and a longer lease.
INSERT INTO dhcp4_client_class (name, test, valid_lifetime)
  VALUES ('phones', 'substring(option[60].hex, 0, 5) == ''phone''', 86400);
-- Everybody else is a computer.
INSERT INTO dhcp4_client_class (name, test) VALUES ('computers', 'not member(''phones'')');
INSERT INTO dhcp4_client_class_server (class_id, server_id)
  SELECT c.id, s.id FROM dhcp4_client_class c JOIN dhcp4_server s
  WHERE c.name IN ('phones', 'computers') AND s.tag = 'branch';
INSERT INTO dhcp4_options (code, space, formatted_value, scope_id, dhcp_client_class)
  VALUES (66, 'dhcp4', 'tftp.example.net', 2, 'phones');

-- Floor 1 is one wire with two subnets; its relay is 10.30.0.1.
INSERT INTO dhcp4_shared_network (name, relay) VALUES ('floor-1', '["10.30.0.1"]');
INSERT INTO dhcp4_shared_network_server (shared_network_id, server_id)
  SELECT n.id, s.id FROM dhcp4_shared_network n JOIN dhcp4_server s WHERE n.name = 'floor-1' AND s.tag = 'branch';
INSERT INTO dhcp4_options (code, space, formatted_value, scope_id, shared_network_name)
  VALUES (15, 'dhcp4', 'branch.example.net', 4, 'floor-1');

INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix, shared_network_name, valid_lifetime) VALUES
  (30, '10.30.0.0/24', 'floor-1', 3600),
  (31, '10.31.0.0/24', 'floor-1', 3600);
INSERT INTO dhcp4_subnet_server (subnet_id, server_id)
  SELECT t.subnet_id, s.id FROM dhcp4_subnet t JOIN dhcp4_server s WHERE t.subnet_id IN (30, 31) AND s.tag = 'branch';
INSERT INTO dhcp4_options (code, space, formatted_value, scope_id, dhcp4_subnet_id) VALUES
  (3, 'dhcp4', '10.30.0.1', 1, 30),
  (3, 'dhcp4', '10.31.0.1', 1, 31);

INSERT INTO dhcp4_pool (subnet_id, start_address, end_address, client_classes) VALUES
  (30, INET_ATON('10.30.0.100'), INET_ATON('10.30.0.199'), '["computers"]'),
  (31, INET_ATON('10.31.0.100'), INET_ATON('10.31.0.199'), '["phones"]');

-- A second relay, on a link with its own subnet.
INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix, relay, valid_lifetime) VALUES (40, '10.40.0.0/24', '["10.40.0.1"]', 3600);
INSERT INTO dhcp4_subnet_server (subnet_id, server_id) SELECT 40, id FROM dhcp4_server WHERE tag = 'branch';
INSERT INTO dhcp4_pool (subnet_id, start_address, end_address) VALUES (40, INET_ATON('10.40.0.100'), INET_ATON('10.40.0.199'));
INSERT INTO dhcp4_options (code, space, formatted_value, scope_id, dhcp4_subnet_id) VALUES (3, 'dhcp4', '10.40.0.1', 1, 40);

-- Reservations: 0 hw-address, 1 DUID, 2 circuit-id, 3 client-id (4 is flex-id).
INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id, ipv4_address, hostname) VALUES
  (UNHEX('020000000010'), 0, 40, INET_ATON('10.40.0.10'), 'printer.branch.example.net'),
  (UNHEX('00030001020000000011'), 1, 40, INET_ATON('10.40.0.11'), 'by-duid.branch.example.net'),
  ('gi0/12', 2, 40, INET_ATON('10.40.0.12'), 'desk-12.branch.example.net'),
  (UNHEX('0163616D657261'), 3, 40, INET_ATON('10.40.0.13'), 'camera.branch.example.net');
-- The printer's own option: its log server.
INSERT INTO dhcp4_options (code, space, formatted_value, scope_id, host_id)
  SELECT 7, 'dhcp4', '10.40.0.5', 3, host_id FROM hosts WHERE hostname = 'printer.branch.example.net';
