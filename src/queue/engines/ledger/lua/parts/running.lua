--- running(queue): how many tasks of a queue run now.
--- @include counts
local function running(queue)
  return tonumber(call('HGET', P .. 'counts', queue .. '\nrunning') or 0) + (counts[queue] and counts[queue].running or 0)
end
