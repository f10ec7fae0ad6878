-- Keep a capture session's observed spans, each once; other modes count them only.
-- keys:
--   session  hash  the session
--   case     hash  the loaded case: its document, its answers and their index
--   spans    list  buffered spans
--   seen     set  identities of the spans seen
--   claims   set  rules of the session that have answered once
--   case_claims  set  the same of the case's rules
--   cursors  hash  how many of the same recordings were handed out
-- args:
--   max_bytes  integer  what the session may buffer in all, in bytes
--   room       integer  how much it may buffer of these, in bytes; -1 for any
--   ttl_ms     integer  life after the last use, in ms
--   version    text     of the rules by which they are kept; empty where that does not matter
--   items      list  identity and payload of each span, in turn; an empty payload for one that was named before
-- replies:
--   ok       spans new to the session, over the limit or never with a payload, without room; bytes buffered by now
--   stale    the rules are others by now: nothing was kept
--   gone     no open session has this id
--   closing  a close is under way; its outcome is open
-- atomic: a span's identity, its payload and the counts are written together.
-- include: refusal, outdated, renew
local refused = refusal(session)
if refused then
  return { refused }
end
if version ~= '' and outdated(session, version) then
  return { 'stale' }
end
local capturing = redis.call('HGET', session, 'mode') == 'capture'
local buffered = tonumber(redis.call('HGET', session, 'capturedBytes') or 0)
local fresh, over, beyond = 0, 0, 0
local left = room == '-1' and math.huge or tonumber(room)
for i = 1, #items, 2 do
  local size = capturing and #items[i + 1] or 0
  if redis.call('SISMEMBER', seen, items[i]) == 0 then
    if buffered + size > tonumber(max_bytes) or capturing and size == 0 then
      over = over + 1
    elseif size > left then
      beyond = beyond + 1
    else
      redis.call('SADD', seen, items[i])
      fresh, buffered, left = fresh + 1, buffered + size, left - size
      if capturing then
        redis.call('RPUSH', spans, items[i + 1])
      end
    end
  end
end
redis.call('HINCRBY', session, 'extractedSpans', fresh)
redis.call('HSET', session, 'capturedBytes', string.format('%.0f', buffered))
renew(session, ttl_ms)
return { 'ok', fresh, over, beyond, buffered }
