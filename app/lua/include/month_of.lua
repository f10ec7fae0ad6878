-- The calendar month (UTC) of a time in ms since the epoch: its number and its first moment.
local function month_of(ms)
  -- Days are counted from 1 March of the year 0, so that a leap day is the last of its year.
  local days = math.floor(ms / 86400000) + 719468
  local century = math.floor((4 * days + 3) / 146097)
  local of_century = days - math.floor(146097 * century / 4)
  local year = math.floor((4 * of_century + 3) / 1461)
  local of_year = of_century - math.floor(1461 * year / 4)
  local month = math.floor((5 * of_year + 2) / 153)
  local first = days - of_year + math.floor((153 * month + 2) / 5) - 719468
  return (100 * century + year) * 12 + month, first * 86400000
end
