from hcs.design.blinding.blinded import Blinded as Blinded
from hcs.design.blinding.blinded import blind_lines as blind_lines
from hcs.design.blinding.key import Key as Key
from hcs.design.blinding.unblinding import Unblinded as Unblinded
from hcs.design.blinding.unblinding import unblind_plates as unblind_plates
