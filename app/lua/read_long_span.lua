-- Read a part of one buffered span, which is too long to be read whole.
-- keys:
--   session  hash  the session
--   case     hash  the loaded case: its document, its answers and their index
--   spans    list  buffered spans
--   seen     set  identities of the spans seen
--   claims   set  rules of the session that have answered once
--   case_claims  set  the same of the case's rules
--   cursors  hash  how many of the same recordings were handed out
-- args:
--   position  integer  the span's position
--   start     integer  how many of its bytes come before the part
--   length    integer  how long the part is at most, in bytes
-- replies:
--   ok  the part; empty where the span is gone
-- atomic: reads only.
local found = redis.call('LRANGE', spans, position, position)
return { 'ok', string.sub(found[1] or '', start + 1, start + length) }
