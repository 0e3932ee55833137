--- note_together(before): notes what was pushed as one. Where all of it is new, the numbers in `all` after `before` tell which tasks they are.
--- @include noted, together
local function note_together(before)
  if #together == 0 then return end
  local note = all_new and string.format('#%.0f-%.0f', before + 1, before + #together) or table.concat(together, '\n')
  outgoing[#outgoing + 1] = note
  out[#out + 1] = note
end
