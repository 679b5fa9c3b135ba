"""Instruction Mining and InstructionGPT-4: regressions of finetuning runs on indicators."""
