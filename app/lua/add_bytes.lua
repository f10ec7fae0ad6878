-- Count bytes that were handed out in answers: they are never refused.
-- keys:
--   record    hash  the organisation: its tier and its own limits
--   used      hash  the month that is counted: sessions, bytes; and bytes that uploads under way hold
--   minute    zset  creates of the last 60 s by their time
--   live      zset  open sessions by when they were last known to be open
--   reserved  zset  those of them that nobody has seen yet since their create was charged, by that time
--   holds     zset  bytes that uploads under way hold ("session bytes nonce") by their time
--   counted   hash  how many bytes of a session were counted already, and how many it was told to have kept
-- args:
--   octets   integer  how many bytes
--   life_ms  integer  life of what is counted after the last change, in ms
-- replies:
--   ok  counted
-- atomic: they count for the month of the moment.
-- ack: memory
-- include: now_ms, month_of, limit_of, standings, keep_counts
standings(now_ms(), '', '')
redis.call('HINCRBY', used, 'bytes', octets)
keep_counts(life_ms)
return { 'ok' }
