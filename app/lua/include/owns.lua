-- Whether the close of a session is this owner's: begun by it, and neither ended nor taken over since.
local function owns(session, owner)
  local held = redis.call('HMGET', session, 'state', 'owner')
  return held[1] == 'closing' and held[2] == owner
end
