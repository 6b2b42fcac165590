CREATE TABLE account (
  ref_id varchar(191) NOT NULL,
  kind varchar(64) NOT NULL,
  platform varchar(32) NOT NULL,
  tenant varchar(128) NOT NULL,
  app varchar(128) NOT NULL,
  connection varchar(64) NOT NULL,
  account varchar(191) NOT NULL,
  is_primary int NOT NULL DEFAULT '0',
  person varchar(128) NOT NULL DEFAULT '',
  name varchar(255) NOT NULL DEFAULT '',
  employee_no varchar(128) NOT NULL DEFAULT '',
  email varchar(191) NOT NULL DEFAULT '',
  mobile varchar(64) NOT NULL DEFAULT '',
  title text NOT NULL,
  manager_ref varchar(191) NOT NULL DEFAULT '',
  conflict varchar(1000) NOT NULL DEFAULT '',
  active int NOT NULL DEFAULT '1',
  left_at bigint NOT NULL DEFAULT '0',
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  PRIMARY KEY (ref_id,kind,platform,tenant,app,connection),
  KEY account_person (person,is_primary),
  KEY account_connection (connection,account)
) ENGINE=InnoDB;
CREATE TABLE account_link (
  connection varchar(64) NOT NULL,
  account varchar(191) NOT NULL,
  person varchar(128) NOT NULL,
  linked_by varchar(16) NOT NULL,
  actor varchar(255) NOT NULL,
  created_at bigint NOT NULL,
  PRIMARY KEY (connection,account)
) ENGINE=InnoDB;
CREATE TABLE audit_head (
  n bigint NOT NULL,
  day varchar(10) NOT NULL,
  at bigint NOT NULL,
  instances bigint NOT NULL,
  digest varchar(64) NOT NULL,
  prev_hash varchar(64) NOT NULL,
  hash varchar(64) NOT NULL,
  list varchar(32) NOT NULL,
  PRIMARY KEY (n)
) ENGINE=InnoDB;
CREATE TABLE audit_list (
  list varchar(32) NOT NULL,
  part bigint NOT NULL,
  items longblob NOT NULL,
  PRIMARY KEY (list,part)
) ENGINE=InnoDB;
CREATE TABLE definition (
  id varchar(128) NOT NULL,
  hash varchar(64) NOT NULL,
  kind varchar(64) NOT NULL,
  name text NOT NULL,
  source longblob NOT NULL,
  created_at bigint NOT NULL,
  PRIMARY KEY (id,hash)
) ENGINE=InnoDB;
CREATE TABLE department (
  connection varchar(64) NOT NULL,
  dept_id varchar(191) NOT NULL,
  parent varchar(191) NOT NULL DEFAULT '',
  name varchar(255) NOT NULL,
  path text NOT NULL,
  sort_order bigint NOT NULL DEFAULT '0',
  updated_at bigint NOT NULL,
  PRIMARY KEY (connection,dept_id),
  KEY department_name (name),
  KEY department_parent (connection,parent)
) ENGINE=InnoDB;
CREATE TABLE file (
  id varchar(64) NOT NULL,
  instance varchar(64) NOT NULL,
  owner varchar(255) NOT NULL,
  size bigint NOT NULL,
  sum varchar(64) NOT NULL,
  created_at bigint NOT NULL,
  check_at bigint,
  PRIMARY KEY (id),
  KEY file_check (check_at),
  KEY file_owner (owner,created_at),
  KEY file_instance (instance)
) ENGINE=InnoDB;
CREATE TABLE file_part (
  file varchar(64) NOT NULL,
  n int NOT NULL,
  data mediumblob NOT NULL,
  PRIMARY KEY (file,n)
) ENGINE=InnoDB;
CREATE TABLE inbox (
  id bigint NOT NULL,
  connection varchar(64) NOT NULL,
  dedupe varbinary(255) NOT NULL,
  kind varchar(64) NOT NULL,
  state int NOT NULL,
  due_at bigint,
  token varchar(32) NOT NULL,
  attempt int NOT NULL,
  received_at bigint NOT NULL,
  done_at bigint NOT NULL DEFAULT '0',
  result varchar(255) NOT NULL DEFAULT '',
  instance varchar(64) NOT NULL DEFAULT '',
  cause text NOT NULL,
  toast longblob,
  event longblob NOT NULL,
  raw longblob,
  PRIMARY KEY (id),
  UNIQUE KEY inbox_dedupe (connection,dedupe),
  KEY inbox_due (state,due_at)
) ENGINE=InnoDB;
CREATE TABLE instance (
  id varchar(64) NOT NULL,
  definition varchar(128) NOT NULL,
  hash varchar(64) NOT NULL,
  kind varchar(64) NOT NULL,
  rev bigint NOT NULL,
  status varchar(32) NOT NULL,
  initiator varchar(128) NOT NULL,
  title text NOT NULL,
  seq bigint NOT NULL,
  head varchar(64) NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  ended_at bigint NOT NULL,
  state longblob NOT NULL,
  PRIMARY KEY (id),
  KEY instance_initiator (initiator,created_at),
  KEY instance_definition (definition,status,created_at)
) ENGINE=InnoDB;
CREATE TABLE job (
  id varchar(255) NOT NULL,
  lane int NOT NULL,
  queue varchar(16) NOT NULL,
  shard int NOT NULL,
  state int NOT NULL,
  due_at bigint NOT NULL,
  run_at bigint NOT NULL,
  token varchar(32) NOT NULL,
  attempt int NOT NULL,
  gen bigint NOT NULL,
  rev bigint NOT NULL,
  instance varchar(64) NOT NULL,
  slot varchar(255) NOT NULL,
  uncertain int NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  cause text NOT NULL,
  body longblob NOT NULL,
  if_shown int NOT NULL DEFAULT '0',
  PRIMARY KEY (id),
  KEY job_due (state,lane,due_at)
) ENGINE=InnoDB;
CREATE TABLE link_attempt (
  account varchar(255) NOT NULL,
  n int NOT NULL,
  until bigint NOT NULL,
  PRIMARY KEY (account)
) ENGINE=InnoDB;
CREATE TABLE link_code (
  id varchar(64) NOT NULL,
  connection varchar(64) NOT NULL,
  account varchar(191) NOT NULL,
  person varchar(128) NOT NULL,
  expires_at bigint NOT NULL,
  used_by varchar(255) NOT NULL DEFAULT '',
  created_at bigint NOT NULL,
  PRIMARY KEY (id),
  KEY link_code_account (connection,account),
  KEY link_code_expires (expires_at)
) ENGINE=InnoDB;
CREATE TABLE membership (
  connection varchar(64) NOT NULL,
  dept_id varchar(191) NOT NULL,
  account varchar(191) NOT NULL,
  person varchar(128) NOT NULL DEFAULT '',
  is_lead int NOT NULL DEFAULT '0',
  is_member int NOT NULL DEFAULT '1',
  is_primary int NOT NULL DEFAULT '0',
  PRIMARY KEY (connection,dept_id,account),
  KEY membership_account (connection,account),
  KEY membership_person (person)
) ENGINE=InnoDB;
CREATE TABLE people_log (
  id bigint NOT NULL,
  at bigint NOT NULL,
  actor varchar(255) NOT NULL,
  action varchar(32) NOT NULL,
  person varchar(128) NOT NULL,
  connection varchar(64) NOT NULL,
  account varchar(191) NOT NULL,
  was varchar(191) NOT NULL,
  became varchar(191) NOT NULL,
  PRIMARY KEY (id),
  KEY people_log_person (person,id)
) ENGINE=InnoDB;
CREATE TABLE person (
  id varchar(128) NOT NULL,
  name varchar(255) NOT NULL,
  employee_no varchar(128) NOT NULL DEFAULT '',
  email varchar(191) NOT NULL DEFAULT '',
  mobile varchar(64) NOT NULL DEFAULT '',
  title text NOT NULL,
  manager varchar(128) NOT NULL DEFAULT '',
  preferred varchar(64) NOT NULL DEFAULT '',
  source varchar(64) NOT NULL DEFAULT '',
  active int NOT NULL DEFAULT '1',
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  PRIMARY KEY (id),
  KEY person_employee_no (employee_no),
  KEY person_email (email),
  KEY person_mobile (mobile),
  KEY person_manager (manager)
) ENGINE=InnoDB;
CREATE TABLE person_alias (
  id varchar(128) NOT NULL,
  person varchar(128) NOT NULL,
  created_at bigint NOT NULL,
  PRIMARY KEY (id),
  KEY person_alias_person (person)
) ENGINE=InnoDB;
CREATE TABLE proxy (
  id varchar(64) NOT NULL,
  of_person varchar(128) NOT NULL,
  to_person varchar(128) NOT NULL,
  from_at bigint NOT NULL,
  until_at bigint NOT NULL,
  flows text NOT NULL,
  max_amount varchar(64) NOT NULL,
  open_too int NOT NULL,
  actor varchar(255) NOT NULL,
  created_at bigint NOT NULL,
  revoked_at bigint NOT NULL DEFAULT '0',
  revoked_by varchar(255) NOT NULL DEFAULT '',
  PRIMARY KEY (id),
  KEY proxy_of (of_person)
) ENGINE=InnoDB;
CREATE TABLE receipt (
  message varbinary(400) NOT NULL,
  account varbinary(400) NOT NULL,
  state varchar(32) NOT NULL,
  person varchar(128) NOT NULL,
  source varchar(32) NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (message,account,state)
) ENGINE=InnoDB;
CREATE TABLE setting (
  name varchar(255) NOT NULL,
  value longblob NOT NULL,
  updated_at bigint NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB;
CREATE TABLE slot (
  id varchar(255) NOT NULL,
  connection varchar(64) NOT NULL,
  shown_rev bigint NOT NULL,
  message longblob NOT NULL,
  updated_at bigint NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB;
CREATE TABLE task (
  id varchar(255) NOT NULL,
  instance varchar(64) NOT NULL,
  node varchar(128) NOT NULL,
  seat varchar(128) NOT NULL,
  round int NOT NULL,
  person varchar(128) NOT NULL,
  state varchar(32) NOT NULL,
  title text NOT NULL,
  opened_at bigint NOT NULL,
  due_at bigint NOT NULL,
  closed_at bigint NOT NULL,
  PRIMARY KEY (id),
  KEY task_work (person,closed_at,opened_at)
) ENGINE=InnoDB;
CREATE TABLE trail (
  instance varchar(64) NOT NULL,
  seq bigint NOT NULL,
  at bigint NOT NULL,
  event varchar(255) NOT NULL,
  prev_hash varchar(64) NOT NULL,
  entries longblob NOT NULL,
  PRIMARY KEY (instance,seq)
) ENGINE=InnoDB;
CREATE TABLE user_group (
  connection varchar(64) NOT NULL,
  group_id varchar(191) NOT NULL,
  name varchar(255) NOT NULL,
  PRIMARY KEY (connection,group_id)
) ENGINE=InnoDB;
CREATE TABLE user_group_member (
  connection varchar(64) NOT NULL,
  group_id varchar(191) NOT NULL,
  is_dept int NOT NULL,
  member varchar(191) NOT NULL,
  PRIMARY KEY (connection,group_id,is_dept,member)
) ENGINE=InnoDB;
