-- The limit of a quota: the organisation's own, else its tier's, and for a call that is held to another tier no
-- more than that one's; nil for none. The presets are ' tier.quota=limit' for each that there is.
local function limit_of(quota, held, own, held_to, presets)
  local function preset(tier)
    return tonumber(string.match(presets, ' ' .. tier .. '%.' .. quota .. '=(%d+)'))
  end
  local limit = tonumber(own or '') or preset(held or 'default')
  local bound = held_to ~= '' and preset(held_to)
  return bound and math.min(bound, limit or bound) or limit
end
