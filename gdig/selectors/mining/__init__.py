"""Instruction Mining and InstructionGPT-4: regression of finetuning results on indicators."""
