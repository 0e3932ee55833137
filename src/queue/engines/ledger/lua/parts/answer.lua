--- answer(value): writes what was noted, tells of it, and makes the answer of the script: the value, and what the caller is to send.
--- @include shared, many, tell, counts, noted
local function scored(score, ids)
  local values = {}
  for i, id in ipairs(ids) do values[2 * i - 1], values[2 * i] = score(i), id end
  return values
end

local function answer(value)
  fail_unsent() --- @has fail-unsent
  local before = #listed > 0 and call('INCRBY', P .. 'seq', #listed) - #listed or 0
  note_together(before) --- @has note-together
  for queue, states in pairs(counts) do
    for state, by in pairs(states) do
      if by ~= 0 then call('HINCRBY', P .. 'counts', queue .. '\n' .. state, by) end
    end
  end
  if #listed > 0 then
    many('ZADD', P .. 'all', scored(function(i) return before + i end, listed))
  end
  if #outgoing > 0 then many('ZADD', P .. 'outgoing', scored(shared, outgoing)) end
  for state, ids in pairs(ended) do many('ZADD', P .. 'done:' .. state, scored(function() return ARGV[2] end, ids)) end
  for worker, ids in pairs(left) do many('SREM', P .. 'w:' .. worker, ids) end
  for worker, ids in pairs(taken) do many('SADD', P .. 'w:' .. worker, ids) end
  tell()
  publish_wakes() --- @has wakes
  if interrupt then call('PUBLISH', P .. 'interrupt', '1') end
  return { value, out }
end
