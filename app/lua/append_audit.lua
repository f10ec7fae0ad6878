-- Note what somebody did, in the audit stream of an organisation.
-- keys:
--   audit  stream  one entry for each deed; its id is the time in ms since the epoch, and a number
-- args:
--   keep    integer  about how many entries are kept, the newest ones
--   ttl_ms  integer  life of the stream after its last entry, in ms
--   fields  list  names and values of the entry's fields, in turn
-- replies:
--   ok  noted
-- atomic: the stream never lacks an expiry.
-- ack: memory
redis.call('XADD', audit, 'MAXLEN', '~', keep, '*', unpack(fields))
redis.call('PEXPIRE', audit, ttl_ms)
return { 'ok' }
