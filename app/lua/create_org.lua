-- Write down a new organisation, unless its name is taken.
-- keys:
--   org  hash  the organisation's record; it has no expiry
-- args:
--   fields  list  names and values of the record's fields, in turn
-- replies:
--   ok     the time of creation, in ms since the epoch
--   taken  there is an organisation of this name
-- atomic: the whole record appears at once.
-- include: now_ms, put
if redis.call('EXISTS', org) == 1 then
  return { 'taken' }
end
local created = string.format('%.0f', now_ms())
redis.call('HSET', org, 'createdAt', created)
put(org, fields)
return { 'ok', created }
