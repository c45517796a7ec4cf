"""Skeletons as programs name and connect their joints, and which of these stand for SMPL's."""

# Joints whose right names are listed.
ASKED = ("pelvis", "spine1", "spine2", "spine3", "neck", "left_shoulder", "left_hip", "left_ankle", "left_foot")


def joints_of(rig: str) -> tuple[list[str], list[int]]:
    """Names, and who carries each, from a tree written with a space a level."""
    order: list[str] = []
    parents: list[int] = []
    stack: list[int] = []
    for line in rig.strip("\n").split("\n"):
        stack = stack[: len(line) - len(line.lstrip())]
        parents.append(stack[-1] if stack else -1)
        stack.append(len(order))
        order.append(line.strip())
    return order, parents


BIPED = """
Bip01
 Bip01 Pelvis
  Bip01 Spine
   Bip01 Spine1
    Bip01 Neck
     Bip01 Head
     Bip01 L Clavicle
      Bip01 L UpperArm
       Bip01 L Forearm
        Bip01 L Hand
     Bip01 R Clavicle
      Bip01 R UpperArm
       Bip01 R Forearm
        Bip01 R Hand
  Bip01 L Thigh
   Bip01 L Calf
    Bip01 L Foot
     Bip01 L Toe0
  Bip01 R Thigh
   Bip01 R Calf
    Bip01 R Foot
"""

MIXAMO = """
mixamorig:Hips
 mixamorig:Spine
  mixamorig:Spine1
   mixamorig:Spine2
    mixamorig:Neck
     mixamorig:Head
      mixamorig:HeadTop_End
    mixamorig:LeftShoulder
     mixamorig:LeftArm
      mixamorig:LeftForeArm
       mixamorig:LeftHand
        mixamorig:LeftHandThumb1
    mixamorig:RightShoulder
     mixamorig:RightArm
      mixamorig:RightForeArm
       mixamorig:RightHand
 mixamorig:LeftUpLeg
  mixamorig:LeftLeg
   mixamorig:LeftFoot
    mixamorig:LeftToeBase
 mixamorig:RightUpLeg
  mixamorig:RightLeg
   mixamorig:RightFoot
"""

SMPL = """
m_avg_Pelvis
 m_avg_L_Hip
  m_avg_L_Knee
   m_avg_L_Ankle
    m_avg_L_Foot
 m_avg_R_Hip
  m_avg_R_Knee
   m_avg_R_Ankle
    m_avg_R_Foot
 m_avg_Spine1
  m_avg_Spine2
   m_avg_Spine3
    m_avg_Neck
     m_avg_Head
    m_avg_L_Collar
     m_avg_L_Shoulder
      m_avg_L_Elbow
       m_avg_L_Wrist
    m_avg_R_Collar
     m_avg_R_Shoulder
      m_avg_R_Elbow
       m_avg_R_Wrist
"""

BLENDER = """
hips
 spine
  chest
   neck
    head
   shoulder.L
    upper_arm.L
     forearm.L
      hand.L
   shoulder.R
    upper_arm.R
     forearm.R
      hand.R
 thigh.L
  shin.L
   foot.L
    toe.L
 thigh.R
  shin.R
   foot.R
"""

UNREAL = """
root
 pelvis
  spine_01
   spine_02
    spine_03
     neck_01
      head
     clavicle_l
      upperarm_l
       lowerarm_l
        hand_l
     clavicle_r
      upperarm_r
       lowerarm_r
        hand_r
  thigh_l
   calf_l
    foot_l
     ball_l
  thigh_r
   calf_r
    foot_r
"""

POSER = """
hip
 abdomen
  chest
   neck
    head
   lCollar
    lShldr
     lForeArm
      lHand
   rCollar
    rShldr
     rForeArm
      rHand
 lButtock
  lThigh
   lShin
    lFoot
 rButtock
  rThigh
   rShin
    rFoot
"""

# Tree, and the joints of ASKED in it ('' for none).
RIGS: dict[str, tuple[str, tuple[str, ...]]] = {
    "3ds Max's Biped": (BIPED, (
        "Bip01 Pelvis", "", "Bip01 Spine", "Bip01 Spine1", "Bip01 Neck", "Bip01 L UpperArm",
        "Bip01 L Thigh", "Bip01 L Foot", "Bip01 L Toe0",
    )),
    "Mixamo": (MIXAMO, (
        "mixamorig:Hips", "mixamorig:Spine", "mixamorig:Spine1", "mixamorig:Spine2", "mixamorig:Neck",
        "mixamorig:LeftArm", "mixamorig:LeftUpLeg", "mixamorig:LeftFoot", "mixamorig:LeftToeBase",
    )),
    "SMPL": (SMPL, (
        "m_avg_Pelvis", "m_avg_Spine1", "m_avg_Spine2", "m_avg_Spine3", "m_avg_Neck",
        "m_avg_L_Shoulder", "m_avg_L_Hip", "m_avg_L_Ankle", "m_avg_L_Foot",
    )),
    "Blender": (BLENDER, ("hips", "", "spine", "chest", "neck", "upper_arm.L", "thigh.L", "foot.L", "toe.L")),
    "Unreal": (UNREAL, ("pelvis", "spine_01", "spine_02", "spine_03", "neck_01", "upperarm_l", "thigh_l", "foot_l", "ball_l")),
    "Poser": (POSER, ("hip", "", "abdomen", "chest", "neck", "lShldr", "lThigh", "lFoot", "")),
}  # fmt: skip
